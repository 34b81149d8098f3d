"""Running networks with torch: they are built, held against the static numbers, and measured."""
