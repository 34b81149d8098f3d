"""Questions asked backwards: which argument gives the number that is wanted."""
