"""The words of the portal: where they stand, and whether every language has them. For maintainers; needs Babel."""
