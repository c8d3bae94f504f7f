"""What handsets send us: kept once, understood as STOP or START, shown as conversations."""
