"""Questions that need torch: networks are built, and held against their static numbers."""
