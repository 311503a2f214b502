"""Bring streams up to date: windows, walks over their pages, pulls."""
