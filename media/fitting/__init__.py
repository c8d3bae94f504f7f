"""Files made to fit: the best copy within a number of bytes. Plain Python; every codec runs in a limited child."""

from media.fitting.runner import fit
from media.fitting.sharing import Need, TooLittle, share
from media.fitting.target import MAKES, Target
from media.fitting.verdicts import Fitted, Unfit

__all__ = ["MAKES", "Fitted", "Need", "Target", "TooLittle", "Unfit", "fit", "share"]
