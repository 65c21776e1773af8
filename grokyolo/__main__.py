"""`python -m grokyolo`."""

import sys

from grokyolo.cli import main

sys.exit(main())
