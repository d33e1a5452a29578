"""Great Expectations at the borders: is the input right, are the marts right? The only room that imports it."""

import os

# before the first import of great_expectations anywhere: nothing leaves this machine
os.environ["GX_ANALYTICS_ENABLED"] = "false"
