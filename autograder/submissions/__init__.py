"""Reading what students submit: notebooks, archives, and the folders a class arrives in."""
