"""``python -m cmds``: the front door is dispatch.py."""

from cmds.dispatch import main

if __name__ == "__main__":
    main()
