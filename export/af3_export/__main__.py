"""Entry of `python -m af3_export`."""

import sys

from af3_export.cli import main

sys.exit(main(sys.argv[1:]))
