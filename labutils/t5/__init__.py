"""All that knows the insides of T5 and of PEFT: the training step, decoding, and changes to a loaded model."""
