"""Hand tools and the smoke-test runner; imported by nobody but their tests."""
