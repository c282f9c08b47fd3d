"""Collectors: ask AWS and form no opinion, one module per AWS service."""
