"""Whether an account works: credentials, sender, callback and media, tried without messaging anyone."""
