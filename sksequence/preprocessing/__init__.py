"""scikit-learn transformers on sequences."""
