here in 2945 a 2945
