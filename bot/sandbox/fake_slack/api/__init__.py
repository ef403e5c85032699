"""The Web API methods, one module for each family; `dispatch` holds the table and the gate before it."""
