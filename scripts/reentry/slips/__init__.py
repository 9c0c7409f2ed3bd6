"""Slips: workbooks that go back to the agencies, with what was found in their files and what they are to do."""
