"""Changes -> a plan: scope and protection, order, unique values, guards and holds, totals."""

from sync.plan.assemble import Terms, assemble, draft

__all__ = ["Terms", "assemble", "draft"]
