"""From RGW notifications to CloudEvents: listen always, write down first, answer, then deliver for as long as it takes."""
