"""The framework of the tests in virtual machines; README.md beside this file explains it."""
