"""What rounds the operands of ligo's matrix products: those of PyTorch."""

from af3_export.core.torch.rounding import rounded_operands

__all__ = ["rounded_operands"]
