"""Gurney moves a clinic's records out of Cliniko into a CRM, and proves that they arrived."""
