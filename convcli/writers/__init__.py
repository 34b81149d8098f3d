"""Writers: each turns a report into one format."""
