"""Reading what students submit: notebooks, archives, and the directories a class arrives in."""
