"""The report as a PDF, typeset by Typst."""
