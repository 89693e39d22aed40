"""Reports for continuous integration: JUnit, GitHub annotations, a job summary."""
