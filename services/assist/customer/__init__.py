"""Customer records: where they come from (one file per source) and what they say."""

from services.assist.customer.pushed import PushedRecords
from services.assist.customer.source import CustomerSource

SOURCES: tuple[CustomerSource, ...] = (PushedRecords(),)
"""Every customer source, asked in this order. A new one is a file here and a line in this tuple."""
