"""How the shipped model is made: tokenizer, tokens, base, instruct, export."""
