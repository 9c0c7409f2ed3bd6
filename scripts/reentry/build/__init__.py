"""Build: dbt over the checked rows; gates; what a build hands to publishing."""
