"""What a teacher makes for a class: a Colab edition of the labs."""
