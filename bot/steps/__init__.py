"""The steps of a job: each takes a batch of claimed jobs and is safe to repeat."""
