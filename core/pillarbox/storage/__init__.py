"""The wallet's encrypted database: plain functions on a transaction, a module a feature."""
