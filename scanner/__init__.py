"""Reads an AWS Marketplace seller account and judges it; runs with no Django installed."""
