"""Repeating a finding elsewhere: the smallest input that shows it, and a program that needs nothing of ours."""
