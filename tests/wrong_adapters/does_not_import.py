from __future__ import annotations

import no_such_package_anywhere  # noqa: F401
