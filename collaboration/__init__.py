"""What a collaborative does together and is not a table: networks now; peers, topics, stocktakes later."""
