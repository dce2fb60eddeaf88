from tests.end_to_end.house import house, houses

__all__ = ["house", "houses"]
