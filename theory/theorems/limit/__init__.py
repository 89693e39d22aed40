"""Where this network's training goes: the limit of one network on one data set, proved."""
