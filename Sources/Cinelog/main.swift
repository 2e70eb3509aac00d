print("cinelog")
