"""Tasks between practice and billing staff, with due times."""
