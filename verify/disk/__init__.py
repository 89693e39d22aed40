"""What a run keeps on disk: the folder of its report, and the journal it resumes from."""
