"""How much memory a network takes: what is alive at inference, what autograd saves, what one step of training needs."""
