"""The demo: the whole portal on one machine, with people, templates and traffic to look at."""
