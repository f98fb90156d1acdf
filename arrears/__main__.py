from arrears.cli import main

if __name__ == "__main__":  # worker processes import it once more
    main()
