"""The foundation: errors, binary layouts, options, text of sizes. Imports nothing of ours."""
