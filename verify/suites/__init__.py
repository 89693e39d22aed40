"""Built-in suites: folders of scenario or study files, run in order of file name."""
