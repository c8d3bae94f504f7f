"""An application with one migration, of the kind that a coming version would bring: made under load by row 33."""
