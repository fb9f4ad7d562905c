"""The API of the two packages that this project grew from, where nothing else here needs it.

Nothing outside this room and its tests imports it. docs/seed-api.md has a row for every exported
name: most of them are things that the rest of the program lives on, and stand in their own rooms.
"""
