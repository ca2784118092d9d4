"""What a lesson asks of its learner: predictions, bets, and the progress through the exercises."""
