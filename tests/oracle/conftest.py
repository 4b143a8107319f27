"""The oracle's modules stand beside its tests; put them on the path whatever the import mode."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
