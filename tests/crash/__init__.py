"""The crash run: many jobs, killed apps, bad networks; counted from the fakes' own records."""
