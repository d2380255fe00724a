"""What an author does before and after a class: prove, measure, release, try out, compare."""
